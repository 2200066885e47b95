"""The statement of where a release comes from: in-toto's statement with the provenance of SLSA 1.0."""

import json
import platform
from collections.abc import Mapping
from importlib.metadata import version

from release.source import Source

BUILD_TYPE = "urn:satu-pintu:make-release:1"


def provenance(source: Source, digests: Mapping[str, str], materials: Mapping[str, str]) -> str:
    """Return the statement as JSON.

    `digests` are the SHA-256 of the files of the release by name, `materials` those of the pinned versions.
    """
    resolved = [{"uri": "git:satu-pintu", "digest": {"gitCommit": source.commit}}]
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": name, "digest": {"sha256": digest}} for name, digest in sorted(digests.items())],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {"commit": source.commit, "version": source.version},
                "internalParameters": {
                    "SOURCE_DATE_EPOCH": source.epoch,
                    "python": platform.python_version(),
                    "setuptools": version("setuptools"),
                },
                "resolvedDependencies": resolved
                + [{"uri": f"file:{name}", "digest": {"sha256": digest}} for name, digest in sorted(materials.items())],
            },
            "runDetails": {"builder": {"id": BUILD_TYPE}},
        },
    }
    return f"{json.dumps(statement, indent=2)}\n"
