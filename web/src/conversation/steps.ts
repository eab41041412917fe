// What is shown of the open conversation. Steps in which nothing changed stay the same objects, so that a change of
// one answer costs nothing for the thousand others.
import { computed } from '@preact/signals';
import { stepsOf, type Step } from '../chat/tree';
import { chat, live, messages, type Live } from '../state';

const same = <T>(one: readonly T[], other: readonly T[]) =>
  one.length === other.length && one.every((value, at) => value === other[at]);

function isSame(one: Step, other: Step | undefined): boolean {
  if (!other || one.user !== other.user || one.lanes.length !== other.lanes.length) return false;
  if (!same(one.siblings, other.siblings)) return false;
  return one.lanes.every((lane, at) => {
    const before = other.lanes[at];
    return before?.lane === lane.lane && same(lane.answers, before.answers) && same(lane.siblings, before.siblings);
  });
}

let before: readonly Step[] = [];
export const steps = computed<readonly Step[]>(() => {
  const now = stepsOf(messages.value, chat.value).map((step, at) => {
    const old = before[at];
    return old && isSame(step, old) ? old : step;
  });
  return (before = now);
});

export const keyOf = (step: Step): string => step.user?.id ?? step.lanes[0]?.answers[0]?.id ?? '';

const NOTHING: ReadonlyMap<string, Live> = new Map();

/** The running answers for a step that has one; for others always the same nothing. */
export function liveOf(step: Step): ReadonlyMap<string, Live> {
  const running = live.value;
  if (!running.size) return NOTHING;
  return step.lanes.some((lane) => lane.answers.some((one) => running.has(one.id))) ? running : NOTHING;
}
