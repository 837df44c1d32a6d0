"""What every adapter shares: the key check, loading its SDK once, the pumped stream, classified errors."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from tui.config.model import EndpointConfig
from tui.core.chat import ChatRequest, Wire
from tui.core.errors import Failure, Outcome, ProviderError
from tui.providers import remedies
from tui.providers.base import ChunkStream, Deadlines, ModelInfo
from tui.providers.loading import off_the_loop
from tui.providers.optional import rejected_options
from tui.providers.outcome import Target, classify
from tui.providers.stream import PumpedStream, Translator


class SdkProvider(ABC):
    """A provider reached through an SDK; each adapter fills in the five abstract methods."""

    wire: Wire
    vendor: str
    needs_key = True
    needs_address = False

    def __init__(
        self, endpoint: EndpointConfig, *, api_key: str | None, base_url: str | None, deadlines: Deadlines
    ) -> None:
        self._endpoint = endpoint
        self._api_key = api_key
        self._base_url = base_url or endpoint.base_url or None
        self._deadlines = deadlines
        self._client: Any = None
        self._building = asyncio.Lock()
        self._unwanted: dict[str, frozenset[str]] = {}

    @abstractmethod
    def _build(self) -> Any:
        """Import the SDK and return a client. Runs in a thread."""

    @abstractmethod
    async def _send(self, client: Any, request: ChatRequest, unwanted: frozenset[str]) -> AsyncIterator[Any]:
        """Send a request without the options in `unwanted` and return the SDK's event iterator."""

    @abstractmethod
    def _translator(self, request: ChatRequest) -> Translator:
        """Return a translator for one answer."""

    @abstractmethod
    async def _list_models(self, client: Any) -> list[ModelInfo]:
        """Return the models the provider offers."""

    @abstractmethod
    async def _close_client(self, client: Any) -> None:
        """Close the client's connections."""

    def options(self, request: ChatRequest) -> frozenset[str]:
        """Return the options of `request` a model may reject and that may then be left out.

        What the person asked for is never among them: a rejected effort is an error to show, not to hide.
        """
        return frozenset()

    def target(self, model: str = "") -> Target:
        """Return what to call this provider in texts for people."""
        return Target(
            vendor=self.vendor,
            wire=self._endpoint.wire.value,
            base_url=self._base_url or "",
            key_env=self._endpoint.api_key_env,
            model=model,
        )

    async def prepare(self) -> None:
        """Import the SDK in a thread and build the client, once. Without a key there is nothing to prepare.

        Raises `ProviderError` when there can be no client, for example because the address is none.
        """
        if self._missing() is not None:
            return
        async with self._building:
            if self._client is not None:
                return
            try:
                self._client = await off_the_loop(self._build)
            except Exception as error:
                raise ProviderError(classify(error, self.target())) from error

    def stream(self, request: ChatRequest) -> ChunkStream:
        """Open one answer; see `Provider.stream`."""
        return PumpedStream(
            prepare=self._ready,
            opener=partial(self._open, request),
            translator=self._translator(request),
            deadlines=self._deadlines,
            target=self.target(request.model),
        )

    async def models(self) -> list[ModelInfo]:
        """Ask the provider which models it offers. Raises `ProviderError`."""
        await self._ready()
        limit = self._deadlines.connect + self._deadlines.first_event
        try:
            async with asyncio.timeout(limit):
                return await self._list_models(self._client)
        except Exception as error:
            raise ProviderError(classify(error, self.target())) from error

    async def close(self) -> None:
        """Close every connection."""
        client, self._client = self._client, None
        if client is not None:
            await self._close_client(client)

    def _missing(self) -> Failure | None:
        if self.needs_key and not self._api_key:
            return Failure(outcome=Outcome.AUTH, problem=remedies.problem(remedies.Kind.NO_KEY, self.target()))
        if self.needs_address and not self._base_url:
            problem = remedies.problem(remedies.Kind.NO_ADDRESS, self.target())
            return Failure(outcome=Outcome.CALLER_ERROR, problem=problem)
        return None

    async def _ready(self) -> None:
        """Make sure there is a client. Raises `ProviderError` if there cannot be one."""
        missing = self._missing()
        if missing is not None:
            raise ProviderError(missing)
        await self.prepare()

    async def _open(self, request: ChatRequest) -> AsyncIterator[Any]:
        """Send the request; once again without the options the model or server says it does not know."""
        unwanted = self._unwanted.get(request.model, frozenset())
        try:
            return await self._send(self._client, request, unwanted)
        except Exception as error:
            more = rejected_options(error, self.options(request) - unwanted)
            if not more:
                raise
            unwanted |= more
        self._unwanted[request.model] = unwanted
        return await self._send(self._client, request, unwanted)
