// The open conversation: the one thing on the page that scrolls.
import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useReducer, useRef } from 'preact/hooks';
import { Icon } from '../parts/icon';
import { live, openId } from '../state';
import { t } from '../text';
import { follow, type Following } from './follow';
import { loadSteps, stepView } from './late';
import { keyOf, liveOf, steps } from './steps';
import { Welcome } from './welcome';

const FIRST = 20; // steps (a question and its answers) that are shown at once
const SLICE = 8; // and how many more in an idle moment: more or less, by how long the last ones took
const LONG = 30; // ms

const NONE: typeof steps.value = [];

const whenIdle = (run: () => void): (() => void) => {
  if (typeof requestIdleCallback === 'function') {
    const id = requestIdleCallback(run, { timeout: 500 });
    return () => cancelIdleCallback(id);
  }
  const id = setTimeout(run, 30);
  return () => clearTimeout(id);
};

export function Conversation() {
  const scroller = useRef<HTMLElement>(null);
  const column = useRef<HTMLDivElement>(null);
  const following = useRef<Following>();
  const away = useSignal(false);
  const wanted = steps.value;
  const StepView = stepView.value;
  const all = StepView ? wanted : NONE;
  const { hidden, grew } = useHidden(openId.value, all.length);
  useLayoutEffect(() => {
    const view = scroller.current;
    if (!view || !column.current) return;
    following.current = follow(view, column.current, away);
    return () => following.current?.end();
  }, []);
  useEffect(() => void (wanted.length && loadSteps()), [wanted.length > 0]);
  useTold();
  useSent(openId.value, all, following);
  useSlices(scroller, hidden, grew);
  return (
    <main class="conversation" data-part="conversation" ref={scroller} tabIndex={0} aria-label={t('conversation.name')}>
      <div class="column" ref={column}>
        {StepView &&
          all
            .slice(hidden)
            .map((step) => <StepView key={keyOf(step)} step={step} live={liveOf(step)} last={step === all.at(-1)} />)}
        {!wanted.length && <Welcome />}
      </div>
      {away.value && all.length > 0 && (
        <div class="jump">
          <button
            type="button"
            data-part="jump"
            onClick={() => {
              following.current?.toEnd();
              scroller.current?.focus({ preventScroll: true }); // the button goes away
            }}
          >
            <Icon name="down" />
            {t('conversation.jump')}
          </button>
        </div>
      )}
    </main>
  );
}

/** Telling begins with the first answer that runs, when its code is there: nobody waits for it. */
function useTold(): void {
  const begun = useRef(false);
  begun.current ||= live.value.size > 0;
  const needed = begun.current;
  useEffect(() => {
    if (!needed) return;
    let quiet: (() => void) | undefined;
    let here = true;
    Promise.all([import('./told'), loadSteps()]).then(
      ([{ tellAnswers }]) => {
        if (here) quiet = tellAnswers();
      },
      () => undefined,
    );
    return () => {
      here = false;
      quiet?.();
    };
  }, [needed]);
}

/** How many steps at the beginning are not shown yet. */
function useHidden(open: string, count: number): { hidden: number; grew: () => void } {
  const [, again] = useReducer((tick: number, _: void) => tick + 1, 0);
  const own = useRef({ open: '', count: 0, hidden: 0, slice: SLICE }).current;
  if (own.open !== open || !own.count) own.hidden = Math.max(0, count - FIRST);
  own.hidden = Math.min(own.hidden, Math.max(0, count - 1));
  own.open = open;
  own.count = count;
  return {
    hidden: own.hidden,
    grew: () => {
      const begun = performance.now();
      own.hidden = Math.max(0, own.hidden - own.slice);
      again();
      queueMicrotask(() => {
        const took = performance.now() - begun;
        own.slice = Math.min(40, Math.max(2, Math.round((own.slice * LONG) / Math.max(took, LONG / 2))));
      });
    },
  };
}

/** Shows earlier steps in idle moments; what is in view stays where it is. */
function useSlices(scroller: { current: HTMLElement | null }, hidden: number, grew: () => void): void {
  const before = useRef<{ height: number; top: number }>();
  useLayoutEffect(() => {
    const view = scroller.current;
    if (view && before.current) view.scrollTop = before.current.top + view.scrollHeight - before.current.height;
    before.current = undefined;
  }, [hidden]);
  useEffect(() => {
    if (!hidden) return;
    return whenIdle(() => {
      const view = scroller.current;
      if (view) before.current = { height: view.scrollHeight, top: view.scrollTop };
      grew();
    });
  });
}

/** Goes to the end when another conversation is opened and when a question was sent. */
function useSent(open: string, all: typeof steps.value, following: { current?: Following }): void {
  const last = all.at(-1);
  const key = last ? keyOf(last) : '';
  const before = useRef({ open: '', count: 0, key: '' });
  useLayoutEffect(() => {
    const { open: from, count, key: old } = before.current;
    before.current = { open, count: all.length, key };
    const asked = key !== old && last?.lanes.some((lane) => lane.answers.some((one) => live.peek().has(one.id)));
    if (!all.length) following.current?.toTop();
    else if (from !== open || !count || asked) following.current?.toEnd();
  }, [open, key]);
}
