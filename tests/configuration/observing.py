"""What each setting of the engine shows in: small stories that end in the one thing that is looked at."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.unit.clusters import cordon
from tests.unit.stories import CHAIN, Story, broken, captured, done, failed_chain, rollback_of, scale, workflow
from tests.unit.test_adaptive import LEARN, SLOW
from tests.unit.test_approval import SKIP
from tests.unit.test_loop_breaker import after_failures
from tests.unit.test_monitoring import SICK, WEB
from tests.unit.test_retries import CUSTOM

from wfcore.codec.times import format_time
from wfcore.planning.targets import Target
from wfcore.program import FindSource, Inspect, Record, Review, Surroundings, Unknown
from wfcore.rawobject import RawObject
from wfcore.resources import WORKFLOW_EXECUTIONS
from wfcore.settings import Settings
from wfcore.testing.world import World

LEASE = Target("Lease", "kubernaut-system", "wf-executor")
INLINE = {"stepNumber": 1, "action": "update-secret", "parameters": {"updateSecret": {
    "name": "s", "dataUpdates": {"a": "Yg=="}}}}


def begun(settings: Settings, *steps: Any, creator: str = "", **strategy: Any) -> Story:
    """A workflow as far as it goes by itself, in a cluster where nobody goes without an approval."""
    world = World()
    world.surroundings = Surroundings(approvals_guarded=True)
    world.access[SKIP] = False
    return Story(workflow(*(steps or (scale(1),)), creator=creator, strategy=strategy), settings, world).go()


def phase(settings: Settings, *steps: Any) -> str:
    return begun(settings, *steps).status.phase.value


def sleeps(story: Story) -> float:
    """Seconds until the last pass wants to be woken."""
    return (story.passes[-1].finished.wake_at - story.now).total_seconds()


def both_started(settings: Settings) -> list[str]:
    return begun(settings, scale(1, deployment="a"), scale(2, deployment="b")).names()


def second(settings: Settings, deployment: str = "web") -> Story:
    """A workflow that begins while another one runs."""
    world = World()
    Story(workflow(scale(1), name="first"), settings, world).go()
    world.advance(timedelta(seconds=5))
    return Story(workflow(scale(1, deployment=deployment), name="second"), settings, world).go()


def second_elsewhere(settings: Settings) -> str:
    return second(settings, "api").status.phase.value


def wait_cap(settings: Settings) -> float:
    story = second(settings)
    return (story.status.target_wait_deadline - story.now).total_seconds()


def wait_poll(settings: Settings) -> float:
    return sleeps(second(settings))


def after_success(settings: Settings) -> str:
    first = Story(workflow(scale(1), name="first"), settings).go().say(step_1=done()).stable()
    return Story(workflow(scale(1), name="next"), settings, first.world).go().status.phase.value


def large(settings: Settings) -> str:
    return phase(settings, *(scale(number) for number in range(1, 10)))


def kept_in_outbox(settings: Settings) -> int:
    story = begun(settings)
    story.world.report("w-step-1", done())
    story.world.delete(WORKFLOW_EXECUTIONS, "w")
    story.fault = lambda request: Unknown() if isinstance(request, Record) else None
    while story.world.get(WORKFLOW_EXECUTIONS, "w") is not None:
        story.after(seconds=5)
    return len(story.world.outbox)


def planning_ends(settings: Settings) -> float:
    source = failed_chain()
    source.settings = settings
    story = rollback_of(source)
    begin, story.fault = story.now, lambda request: Unknown() if isinstance(request, FindSource) else None
    story.go()
    while story.status.phase == "planning":
        story.wake()
    return (story.now - begin).total_seconds()


def validating_ends(settings: Settings) -> float:
    story = begun(settings, dryRunFirst=True)
    return (story.status.phase_deadline - story.now).total_seconds()


def dry_run_timeout(settings: Settings) -> str:
    return begun(settings, dryRunFirst=True).child("dryrun-1")["spec"]["timeout"]


def step_timeout(settings: Settings) -> str:
    return begun(settings).child("step-1")["spec"]["timeout"]


def sick(settings: Settings) -> Story:
    """Monitoring a target that is not healthy."""
    story = begun(settings)
    story.world.facts = {WEB: SICK}
    return story.say(step_1=done())


def monitoring_ends(settings: Settings) -> float:
    story = sick(settings)
    return (story.status.phase_deadline - story.status.monitoring_start_time).total_seconds()


def sampled_next(settings: Settings) -> float:
    return sleeps(sick(settings))


def stable_for(settings: Settings) -> float:
    status = begun(settings).say(step_1=done()).stable().status
    return (status.completion_time - status.stable_since).total_seconds()


def rolling_back(settings: Settings) -> Story:
    story = Story(workflow(*CHAIN), settings).go()
    return story.say(step_1=captured("a", 7)).say(step_2=captured("b", 8)).say(step_3=broken())


def compensation_timeout(settings: Settings) -> str:
    return rolling_back(settings).child("rollback-2")["spec"]["timeout"]


def rollback_ends(settings: Settings) -> float:
    status = rolling_back(settings).status
    return (status.phase_deadline - status.rollback_start_time).total_seconds()


def approval_ends(settings: Settings) -> float:
    approval = begun(settings, creator="alice", approvalRequired=True).status.approval
    return (approval.deadline - approval.requested_at).total_seconds()


def needs_approval(settings: Settings) -> str:
    return begun(settings, scale(1), scale(2), creator="alice").condition("Progressing")[1]


def cancelled_for(settings: Settings) -> float:
    story = begun(settings).after(minutes=5)
    return sleeps(story)


def looked_again(settings: Settings) -> int:
    story = begun(settings, creator="alice", approvalRequired=True).after(minutes=4)
    story.world.decide("w", "bob")
    story.go()
    return sum(len(p.asked(Inspect)) for p in story.passes)


def kept_for(settings: Settings) -> float:
    story = begun(settings).say(step_1=done()).stable()
    return (story.passes[-1].finished.wake_at - story.status.completion_time).total_seconds()


def attempts(settings: Settings) -> int:
    story = begun(settings)
    while story.status.phase == "executing":
        number = story.step(1).attempt
        story.say(**{"step_1" if number == 1 else f"step_1_r{number - 1}": broken("rate_limited")})
        if story.status.phase == "executing":
            story.wake()
    return story.step(1).attempt


def pauses(settings: Settings) -> list[float]:
    """The pauses before the first two retries."""
    story, found = begun(settings), []
    for suffix in ("step_1", "step_1_r1"):
        story.say(**{suffix: broken("rate_limited")})
        ended = story.now
        story.wake()
        found.append(round((story.now - ended).total_seconds(), 3))
    return found


def held(settings: Settings) -> float:
    story = begun(settings, scale(1), scale(2))
    story.world.report("w-step-1", {**done(), "completionTime": format_time(story.now)})
    story.run()
    return sleeps(story)


def breaks_loop(settings: Settings) -> bool:
    """Whether two failed runs, an hour and two hours ago, call for a person."""
    story = Story(workflow(scale(1), name="next"), settings, after_failures(2)).go()
    return bool(story.status.plan_inputs.approval_needed_because)


def adapted(settings: Settings) -> str:
    world = World()
    world.history = (SLOW,)
    story = Story(workflow(scale(1), adaptiveOrchestration=LEARN), settings, world).go()
    return story.child("step-1")["spec"]["timeout"]


def network(settings: Settings) -> str:
    """What the check network says where an executor renewed its Lease 90 seconds ago."""
    world = World()
    beat = {"spec": {"renewTime": format_time(world.now - timedelta(seconds=90))}}
    world.facts[LEASE] = (RawObject(beat),)
    for other in (Target("Lease", "ops", "wf-executor"), Target("Lease", "kubernaut-system", "robot")):
        world.facts[other] = ()
    story = Story(workflow(scale(1), strategy={"safetyChecks": [{"type": "network"}]}), settings, world).go()
    return next(c.message for c in story.status.validation_results.safety_checks if c.type == "network")


def reviewed(settings: Settings) -> set[str]:
    story = begun(settings)
    return {q.user for p in story.passes for request in p.asked(Review) for q in request.questions}


def on_a_node(settings: Settings) -> str:
    return phase(settings, cordon(1))


def in_the_shop(settings: Settings) -> str:
    return phase(settings, scale(1, undo=False, parameters={
        "scaleDeployment": {"namespace": "shop", "deployment": "web", "replicas": 2}}))


def inline(settings: Settings) -> str:
    return phase(settings, INLINE)


def custom(settings: Settings) -> str:
    return phase(settings, CUSTOM)
