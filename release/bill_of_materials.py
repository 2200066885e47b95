"""The bill of materials of a release, by CycloneDX 1.6: everything that is installed with the program."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.model import Property
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from release.pins import Pin
from release.source import Source

PRODUCT = "satu-pintu"


def bill_of_materials(source: Source, components: Sequence[Component]) -> str:
    """Return the bill of these components as JSON. Its number and its time follow from the commit."""
    product = Component(
        name=PRODUCT, version=source.version, type=ComponentType.APPLICATION, bom_ref=f"{PRODUCT}@{source.version}"
    )
    bill = Bom(
        serial_number=uuid5(NAMESPACE_URL, f"{PRODUCT}:{source.commit}:{len(components)}"),
        metadata=BomMetaData(timestamp=datetime.fromtimestamp(source.epoch, UTC), component=product),
        components=components,
    )
    bill.register_dependency(product, components)
    return f"{JsonV1Dot6(bill).output_as_string(indent=2)}\n"


def library(distribution: Pin) -> Component:
    """Return the component of a library that is installed from its wheel."""
    purl = PackageURL("pypi", None, distribution.name, distribution.version)
    marker = [Property(name="satu-pintu:marker", value=distribution.marker)] if distribution.marker else []
    return Component(
        name=distribution.name,
        version=distribution.version,
        type=ComponentType.LIBRARY,
        purl=purl,
        bom_ref=purl.to_string(),
        properties=marker,
    )


def debian_package(name: str, version: str) -> Component:
    """Return the component of a package of Debian in the image."""
    purl = PackageURL("deb", "debian", name, version, {"arch": "amd64"})
    return Component(name=name, version=version, type=ComponentType.LIBRARY, purl=purl, bom_ref=purl.to_string())
