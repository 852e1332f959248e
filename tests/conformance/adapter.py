"""What a channel brings so that the conformance suite can try it: an account of Usher, a provider (a double), and customers.

One file in channels/ holds the adapters of a channel; ADAPTERS names them. The suite asks an adapter only for what it says it can
(`can`); each absent trait skips the scenarios that need it, and the report names them."""

from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Said:
    """Something a customer said, as the provider knows it."""

    text: str
    key: object = None  # the adapter's own: a message id, an update


@dataclass
class Seen:
    """Something on a customer's screen that came from us."""

    text: str
    files: list[bytes] = field(default_factory=list)
    key: object = None


class Customer:
    address = ""  # as the API shows it; "" where the channel makes it up

    def write(self, text: str) -> Said:
        """Handed to the provider (or, where Usher itself is spoken to, kept until it can be reached). It may arrive later."""
        raise NotImplementedError

    def repeat(self, said: Said) -> None:
        """The provider brings the same thing again."""
        raise NotImplementedError

    def send_file(self, data: bytes, name: str, mime: str, text: str) -> Said:
        raise NotImplementedError

    def edit(self, said: Said, text: str) -> None:
        raise NotImplementedError

    def sees(self) -> list[Seen]:
        """Oldest first."""
        raise NotImplementedError

    def receipt(self, seen: Seen, status: str) -> None:
        """The customer's side reports `delivered` or `read`."""
        raise NotImplementedError

    def block(self) -> None:
        """Nothing of ours reaches them any more, and the provider says so."""
        raise NotImplementedError


class Adapter:
    channel = ""
    account = "under-test"
    #  repeats        the provider may bring the same thing twice          receipts     delivered and read are reported
    #  forgery        what comes in proves that it is the provider's       outage       the provider may be away
    #  files_in, files_out                                                 rate_limit   the provider may ask for a pause
    #  edits          customers change what they said                      ambiguity    a send may end without an answer
    #  queue          what customers say while Usher is down comes later   blocks       a customer may block us
    #  credentials    the provider may refuse ours
    can: frozenset[str] = frozenset()
    sent_status = "sent"       # of a message that reached the customer, before any receipt
    ambiguous_status = "sent"  # after a send without an answer: "unknown" where the provider knows no idempotency key
    longest_text = 4096        # sent by an agent, in characters
    secrets: tuple[str, ...] = ()  # stand in the account's configuration, and nowhere else ever

    def account_settings(self) -> dict:
        """The account as it stands in YAML."""
        raise NotImplementedError

    def ready(self, usher) -> None:
        """After every start of Usher: learns where it is, waits until customers can be heard, brings what waited."""

    def customer(self, number: int, name: str) -> Customer:
        raise NotImplementedError

    def forge(self, text: str) -> int:
        """Brings a message in the provider's name without its proof. The HTTP status that came back."""
        raise NotImplementedError

    @contextmanager
    def outage(self):
        """The provider is away: nothing of ours is taken."""
        raise NotImplementedError
        yield

    def ask_for_pause(self, seconds: int) -> None:
        """The next message of ours is refused until later."""
        raise NotImplementedError

    def lose_answer(self) -> None:
        """The next message of ours is taken, and the line breaks before that is said."""
        raise NotImplementedError

    def refuse_credentials(self, refused: bool) -> None:
        raise NotImplementedError

    def close(self) -> None:
        pass
