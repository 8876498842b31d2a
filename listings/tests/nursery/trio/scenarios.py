"""The scenarios of `listings/examples/shared/nursery_scenarios.rs`, on Trio, under its mock clock."""

import trio
import trio.testing

LOG = []


def log(what):
    LOG.append((round(trio.current_time() * 1000), what))


async def ms(millis):
    await trio.sleep(millis / 1000)


async def nap(name, millis):
    try:
        await ms(millis)
        log(f"{name}: done")
    except trio.Cancelled:
        log(f"{name}: cut short")
        raise


async def fails(name, millis):
    await ms(millis)
    raise ValueError(name)


def names(group):
    for one in group.exceptions:
        if isinstance(one, BaseExceptionGroup):
            yield from names(one)
        else:
            yield str(one)


async def run(body):
    """Opens a nursery and says how it ends."""
    try:
        async with trio.open_nursery() as nursery:
            await body(nursery)
        log("nursery: a value")
    except* ValueError as group:
        log("nursery: failed, " + " and ".join(sorted(names(group))))


async def one_fails():
    async def body(n):
        n.start_soon(fails, "bad", 10)
        n.start_soon(nap, "slow", 1000)
        await nap("body", 1000)

    await run(body)


async def two_fail():
    async def polite():
        try:
            await ms(1000)
        except trio.Cancelled:
            with trio.CancelScope(shield=True):
                await ms(20)
            raise ValueError("polite")

    async def body(n):
        n.start_soon(fails, "bad", 10)
        n.start_soon(polite)

    await run(body)


async def body_fails():
    async def body(n):
        n.start_soon(nap, "child", 1000)
        await fails("body", 10)

    await run(body)


async def shielded():
    async def child():
        with trio.CancelScope(shield=True):
            await nap("child", 200)

    async def body(n):
        n.start_soon(child)

    with trio.move_on_after(0.05):
        await run(body)


async def told_twice():
    async def child():
        for word in ("told", "told again"):
            try:
                await ms(1000)
            except trio.Cancelled:
                log(f"child: {word}")

    async def body(n):
        n.start_soon(child)
        await ms(10)
        n.cancel_scope.cancel()

    await run(body)


async def deadlines_nest():
    with trio.move_on_after(0.01) as outer:
        inner = trio.move_on_after(1)
        try:
            with inner:
                await ms(5000)
        finally:
            log(f"inner: {'its own' if inner.cancelled_caught else 'not its own'} deadline")
    log(f"outer: {'its own' if outer.cancelled_caught else 'not its own'} deadline")


async def start():
    async def server(task_status=trio.TASK_STATUS_IGNORED):
        await ms(30)
        task_status.started(8080)
        await nap("server", 30)

    async def body(n):
        log(f"start: {await n.start(server)}")

    await run(body)


async def start_fails():
    async def server(task_status=trio.TASK_STATUS_IGNORED):
        await fails("server", 10)

    async def body(n):
        n.start_soon(nap, "sibling", 50)
        try:
            await n.start(server)
        except ValueError:
            log("start: failed")
        await nap("body", 20)

    await run(body)


async def late():
    async def body(n):
        nonlocal escaped
        escaped = n

    escaped = None
    await run(body)
    try:
        escaped.start_soon(nap, "late", 1)
    except RuntimeError:
        log("late: refused")


async def spawn_when_cancelled():
    async def child():
        log("child: began")
        await nap("child", 10)

    async def body(n):
        n.cancel_scope.cancel()
        n.start_soon(child)

    await run(body)


print(f"trio {trio.__version__}")
for scenario in [
    one_fails,
    two_fail,
    body_fails,
    shielded,
    told_twice,
    deadlines_nest,
    start,
    start_fails,
    late,
    spawn_when_cancelled,
]:
    LOG.clear()
    clock = trio.testing.MockClock(autojump_threshold=0)
    trio.run(scenario, clock=clock, strict_exception_groups=True)
    print(scenario.__name__)
    # Trio runs what is due at the same time in random order, on purpose.
    for at, what in sorted(LOG):
        print(f"  {at} ms {what}")
