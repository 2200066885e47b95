"""Frequent given names and family names of Indonesia, from all regions. Names that are ordinary words stand apart.

The lists are general knowledge; they come from no report. A name that is also a frequent name of a place or a word of
complaints does not belong here. To add one, see "Change a mask" in `CONTRIBUTING.md`.
"""

from language.ordinary_words import read_words, split_words

# Names in any letter case, without any word before them.
PERSON_NAMES = frozenset(read_words("person_names"))
# Family and clan names: Batak, Minahasa, Maluku, Papua, Nusa Tenggara, Minang, Chinese and Arab ones.
FAMILY_NAMES = frozenset(read_words("family_names"))
# Names that are ordinary words, too: a person only after a word that introduces a person, or beside another name.
AMBIGUOUS_NAMES = frozenset(read_words("ambiguous_names"))
# Words that continue a name: particles before and between its words.
NAME_PARTICLES = frozenset(
    split_words("""
i ni la wa ode bin binti al el abd van de da dos moh muh muhammad st siti h hj daeng andi
""")
)
