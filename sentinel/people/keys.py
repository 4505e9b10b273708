"""What makes two names, numbers or addresses of a person equal, or alike. Pure; the results are stored and indexed."""

import unicodedata

import jellyfish
import phonenumbers

from sentinel.core.folding import fold

KEY_LIMIT = 200
TITLES = {"mr", "mrs", "ms", "miss", "mx", "master", "dr", "prof", "professor", "rev", "revd", "reverend", "fr", "sr", "sir", "dame",
          "lady", "lord", "cllr", "councillor", "pc", "pcso", "sgt", "sergeant", "inspector"}  # fmt: skip


def name_key(name: str) -> str:
    """ "mrs NASREEN  Khan-Abdullahi" and "Nasreen Khan Abdullahi" are one: folded, without titles."""
    words = fold(name).split()
    while len(words) > 1 and words[0] in TITLES:
        words = words[1:]
    return " ".join(words)[:KEY_LIMIT].strip()


def sound_key(name: str) -> str:
    """The same for names that sound the same in English, whatever their order: "Mohammed Khan", "Khan, Muhammad"."""
    return " ".join(sorted(_sound(word) for word in name_key(name).split()))[:KEY_LIMIT].strip()


def phone_key(number: str) -> str:
    """+447700900318 for "07700 900 318"; "" for what no telephone could ring. UK numbers need no country."""
    try:
        parsed = phonenumbers.parse(number[:KEY_LIMIT], "GB")
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(parsed):
        return ""
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def mobile_key(number: str) -> str:
    """The same of a number that takes text messages; "" for a UK landline, and for what no telephone could ring."""
    key = phone_key(number)
    return "" if key.startswith("+44") and not key.startswith("+447") else key


def email_key(address: str) -> str:
    """Case and stray spaces away."""
    return unicodedata.normalize("NFKC", address).strip().casefold()[:KEY_LIMIT]


def _sound(word: str) -> str:
    return (jellyfish.metaphone(word) if word.isascii() else "") or word
