"""Signed addresses of pictures, so that a tool need not be given the bytes themselves.

An address names one delivery and the moment it expires; the signature is made with a key that only
those have who know the tool's token. It is good until then, also once the item was answered, so
that the answer can be corrected; not if it was withdrawn.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from querist.errors import AuthenticationError, InvalidInputError
from querist.outside import check_url
from querist.schema import Delivery

PATH = "/api/v1/workforces/{name}/content"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SharedContent:
    """Makes and checks the addresses under which a workforce's tool gets its pictures.

    Attributes:
        address: Where the tool reaches this server.
        token: The tool's token.
    """

    address: str
    token: str

    @classmethod
    def of(cls, address: str, token: str | None) -> SharedContent:
        """Raises InvalidInputError where the address is none, or the tool has no token."""
        if token is None:
            raise InvalidInputError(
                "Pictures can be shared by address only with a tool that has a token.",
                remedy="Name its token, or send the pictures themselves.",
            )
        return cls(address=check_url(address), token=token)

    def url(self, delivery: Delivery) -> str:
        """Where the picture of a delivery is."""
        until = str(int(delivery.expires_at.timestamp()))
        query = {"key": delivery.key, "until": until, "signature": self._sign(delivery.key, until)}
        return f"{self.address}{PATH.format(name=quote(delivery.workforce))}?{urlencode(query)}"

    def check(self, key: str, until: str, signature: str) -> None:
        """Refuse a signature that is not ours; raises AuthenticationError."""
        if not hmac.compare_digest(self._sign(key, until).encode(), signature.encode()):
            raise AuthenticationError(
                "The signature of the address is wrong.", remedy="Send the task again."
            )

    def _sign(self, key: str, until: str) -> str:
        secret = hashlib.sha256(b"querist content\0" + self.token.encode()).digest()
        return hmac.new(secret, f"{key}\0{until}".encode(), hashlib.sha256).hexdigest()
