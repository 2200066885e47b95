"""Effect that forgetting a person has on each table, from the declarations beside the tables.

How long data stay without such a request is in `config/data/retention.csv`.

What is not in a table: records on topics stay until their retention ends (`leftovers.py` names them), and those that
the person's key sealed cannot be opened any more. A message in a spool is sealed; once it is published, the normalizer
sets it aside.
"""

from collections.abc import Mapping
from types import MappingProxyType

from app.tables import declarations
from config.table_declaration import Treatment

TREATMENTS: Mapping[str, Treatment] = MappingProxyType(
    {name: declaration.forgetting for name, declaration in declarations().items()}
)
