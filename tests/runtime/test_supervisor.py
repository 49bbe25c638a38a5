"""Tasks have an owner: failures are noticed, leaving stops all."""

import asyncio

from narthex.runtime.supervisor import Supervisor


def test_a_failure_is_noticed_and_the_others_go_on() -> None:
    async def scenario() -> tuple[str, bool]:
        async with Supervisor("test") as supervisor:
            steady = supervisor.start("steady", asyncio.sleep(60))

            async def fail() -> None:
                raise ValueError("lost")

            supervisor.start("failing", fail())
            error = await supervisor.wait_failed()
            still_there = not steady.done()
        assert steady.cancelled()
        return str(error), still_there

    assert asyncio.run(scenario()) == ("lost", True)
