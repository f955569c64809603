"""Workforces: people outside who get batches and give labels, with what they cost and are worth."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence

from querist.catalog import Catalog
from querist.catalog.records.people import new_secret
from querist.errors import AuthenticationError, ConflictError, InvalidInputError, NotFoundError
from querist.labeling.workforces.base import Access, Connector
from querist.labeling.workforces.collecting import Collected, take_in
from querist.labeling.workforces.content import SharedContent
from querist.labeling.workforces.registry import connect, needs_token
from querist.labeling.workforces.reporting import WorkforceReport, report_on
from querist.labeling.workforces.sending import Sent, send
from querist.outside import check_reference, check_url, read_token
from querist.schema import IN_FLIGHT, Delivery, Workforce, check_money, check_person

LONGEST_NAME = 24
DAYS = 7.0


class Workforces:
    """Everybody outside to whom batches are sent; their people never log in here.

    Example:
        >>> project.workforces.add("crowd", kind="label-studio", url="https://ls.example.com",
        ...     token="env:QUERIST_LABEL_STUDIO")                         # doctest: +SKIP
        >>> project.workforces.send("crowd", 100)                         # doctest: +SKIP
        >>> project.workforces.collect("crowd").labels                    # doctest: +SKIP
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._list = catalog.records.workforces
        self._connectors: dict[tuple[str, ...], Connector] = {}
        self._lock = threading.Lock()

    def add(
        self,
        name: str,
        *,
        kind: str,
        url: str,
        token: str | None = None,
        price: float | None = None,
        hourly_cost: float | None = None,
    ) -> tuple[Workforce, str]:
        """Make a workforce known; returns it with the secret of its webhook, shown only here.

        Args:
            name: 1 to 24 letters, digits or signs; its people appear as ``name.person``.
            kind: The connector, such as ``label-studio`` or ``folder``.
            url: Where its tool is.
            token: Where the tool's token is found: ``env:QUERIST_NAME`` or ``file:PATH``; a must
                where its connector needs one.
            price: Money for each answer.
            hourly_cost: Money an hour of its people.

        Raises:
            InvalidInputError: a value is wrong, or Querist itself writes in that name.
            UnknownNameError: there is no such connector.
            ConflictError: the name is taken.
        """
        if len(check_person("workforce", name)) > LONGEST_NAME:
            raise InvalidInputError(
                f"The name {name!r} is too long.", remedy=f"Use at most {LONGEST_NAME} characters."
            )
        connect(kind, Access(url=url)).close()  # refuses an address that it cannot use
        if token is None and needs_token(kind):
            raise InvalidInputError(
                f"The workforce {name!r} has no token; {kind} answers nobody without one.",
                remedy="Name where it is found: env:QUERIST_NAME for a variable of the server, "
                "or file:PATH.",
            )
        wanted = Workforce(
            name=name,
            kind=kind,
            url=url,
            token=check_reference(token),
            price=check_money("price", price),
            hourly_cost=check_money("hourly cost", hourly_cost),
        )
        secret = self._list.add(wanted)
        return self._list.get(name), secret

    def list(self) -> Sequence[Workforce]:
        """All of them by name."""
        return self._list.list()

    def get(self, name: str) -> Workforce:
        """The workforce; raises UnknownNameError."""
        return self._list.get(name)

    def retire(self, name: str) -> Workforce:
        """Send it nothing any more; answers to what is out still come in."""
        return self._list.set_active(name, False)

    def send(
        self,
        name: str,
        count: int,
        *,
        days: float = DAYS,
        prelabels: bool = False,
        opinions: int = 1,
        share_at: str | None = None,
    ) -> Sent:
        """Send the next tasks of the queue; while they are out nobody else is asked.

        What an interrupted sending has left behind goes first. One asset is one item there, and
        gold questions are mixed in as for people here.

        Args:
            name: To whom; it gets tasks that need a skill if it has that, as people here do.
            count: At most so many assets.
            days: After so many the tasks come back to the queue.
            prelabels: Whether the newest model's suggestions go along.
            opinions: Where an asset waits for so many opinions, so many of its people give one
                each; all others are asked of one.
            share_at: Where the tool reaches this server: pictures then go as signed addresses
                that are good for these days, not as bytes.

        Raises:
            UnavailableError: the tool cannot be reached or is not understood; do it again.
            InvalidInputError: the tool cannot ask this, or a value is wrong.
            ConflictError: the workforce was retired.
        """
        workforce = self._list.get(name)
        shared = None
        if share_at is not None:
            shared = SharedContent.of(share_at, read_token(workforce.token))
        return send(
            self._catalog,
            workforce,
            self._connector(workforce),
            count=count,
            days=days,
            prelabels=prelabels,
            shared=shared,
            opinions=opinions,
        )

    def collect(self, name: str) -> Collected:
        """Look for answers and store those that are new.

        Raises:
            UnavailableError: the tool cannot be reached or is not understood; nothing is lost.
        """
        workforce = self._list.get(name)
        log = self._catalog.records.deliveries
        places = sorted(log.places(name))
        if not places:
            return Collected()
        connector = self._connector(workforce)
        found = connector.collect(places, workforce.cursor)
        done = take_in(self._catalog, workforce, connector, found)
        # Last: whoever is killed before looks at the same answers again.
        if found.cursor != workforce.cursor:
            self._list.move_cursor(name, found.cursor)
        log.expire()
        return done

    def receive(self, name: str, secret: str, body: bytes) -> Collected:
        """Store what the tool sends by itself; on return it is on disk.

        Raises:
            AuthenticationError: the secret is not that of the workforce's webhook.
            InvalidInputError: it is not what the tool sends.
        """
        workforce = self._list.check_secret(name, secret)
        try:
            said = json.loads(body)
        except (ValueError, RecursionError):
            raise InvalidInputError("The event is not JSON.", remedy="Send JSON.") from None
        connector = self._connector(workforce)
        return take_in(self._catalog, workforce, connector, connector.webhook(said))

    def subscribe(self, name: str, address: str) -> int:
        """Have the tool send answers by itself to this server; the secret is a new one.

        Args:
            name: Whose tool.
            address: Where it reaches this server, such as ``https://querist.example.com``.

        Returns:
            For how many of its places that was done; 0 where the tool cannot do it.

        Raises:
            ConflictError: nothing was sent yet, so there is no place whose answers could come.
            InvalidInputError: the tool does not call that address; the old secret stays.
        """
        workforce = self._list.get(name)
        base = check_url(address)
        connector = self._connector(workforce)
        places = sorted(self._catalog.records.deliveries.places(name))
        if not places:
            raise ConflictError(
                f"Nothing was sent to {name!r} yet, so no answers can come.",
                remedy="Send a batch first, then have its answers come by themselves.",
                name=name,
            )
        secret, url, done = new_secret(), f"{base}/api/v1/workforces/{name}/webhook", 0
        for place in places:
            if connector.subscribe(place, url, secret):
                # Only now: where the tool refuses, what came with the old secret still comes in.
                if done == 0:
                    self._list.set_secret(name, secret)
                done += 1
        return done

    def withdraw(self, name: str, *, asset_ids: Sequence[str] | None = None) -> int:
        """Take tasks back that are out, all or those of some assets; returns how many.

        An answer that was on its way still comes in.
        """
        workforce = self._list.get(name)
        flying = [
            it
            for it in self._catalog.records.deliveries.list(workforce=name)
            if it.state in IN_FLIGHT and (asset_ids is None or it.asset_id in set(asset_ids))
        ]
        connector = self._connector(workforce) if flying else None
        for place in sorted({it.place for it in flying}):
            assert connector is not None
            connector.withdraw(place, sorted({it.item for it in flying if it.place == place}))
        return self._catalog.records.deliveries.withdraw([it.key for it in flying])

    def deliveries(self, name: str) -> Sequence[Delivery]:
        """Everything that was sent to it, oldest first."""
        return self._catalog.records.deliveries.list(workforce=self._list.get(name).name)

    def status(self, name: str) -> str:
        """One line about its tool; raises UnavailableError when it cannot be reached."""
        return self._connector(self._list.get(name)).status()

    def report(self, name: str) -> WorkforceReport:
        """What is out, what it cost, how long it took and how good it is."""
        return report_on(self._catalog, self._list.get(name))

    def reports(self) -> Sequence[WorkforceReport]:
        """A report on each, by name."""
        return [report_on(self._catalog, it) for it in self._list.list()]

    def shared_asset(self, name: str, key: str, until: str, signature: str) -> str:
        """The asset whose picture a signed address asks for.

        Raises:
            AuthenticationError: the signature is not ours, or the workforce has no token.
            NotFoundError: the time of the delivery is over, or it was withdrawn.
        """
        known = [it for it in self._list.list() if it.name == name]
        try:
            token = read_token(known[0].token) if known else None
        except InvalidInputError:  # it names the variable, which is nothing for strangers
            token = None
        if token is None:
            raise AuthenticationError("The address is not signed.", remedy="Send the task again.")
        SharedContent(address="", token=token).check(key, until, signature)
        asset_id = self._catalog.records.deliveries.shown(name, key)
        if asset_id is None:
            raise NotFoundError("This picture is shared no more.", remedy="Send the task again.")
        return asset_id

    def close(self) -> None:
        """End all connections to tools; safe to call twice."""
        with self._lock:
            while self._connectors:
                self._connectors.popitem()[1].close()

    def _connector(self, workforce: Workforce) -> Connector:
        token = read_token(workforce.token)
        which = (workforce.kind, workforce.url, token or "")
        with self._lock:
            if which not in self._connectors:
                access = Access(url=workforce.url, token=token)
                self._connectors[which] = connect(workforce.kind, access)
            return self._connectors[which]
