// A question and what was answered: by one model, or by several side by side.
import { keepLane } from '../chat/actions';
import { keepKey, type Lane, type Step } from '../chat/tree';
import { toField } from '../composer/touch';
import { Icon } from '../parts/icon';
import { chat, type Live } from '../state';
import { learn, t } from '../text';
import '../css/lanes.css';
import own from '../text/en/conversation_late.json';
import ofMarkdown from '../text/en/markdown_late.json';
import { Answer } from './answer';
import { nameOf } from './names';
import { Unanswered } from './problem';
import { Question } from './question';

learn({ ...own, ...ofMarkdown });

interface Props {
  step: Step;
  live: ReadonlyMap<string, Live>;
  last: boolean;
}

export function StepView({ step, live, last }: Props) {
  const { user, siblings, lanes } = step;
  const several = lanes.length > 1;
  const kind = `step${several ? ' side-by-side' : ''}${last ? ' late' : ''}`;
  return (
    <div class={kind} style={sizeOf(step)}>
      {user && <Question key={user.id} message={user} siblings={siblings} />}
      {user && !lanes.length && <Unanswered of={user.id} />}
      {several ? (
        <div class="lanes" data-lanes={lanes.length}>
          {lanes.map((lane) => (
            <LaneView key={lane.lane} lane={lane} live={live} of={last ? (user?.id ?? '') : undefined} />
          ))}
        </div>
      ) : (
        lanes.map((lane) => <Answers key={lane.lane} lane={lane} live={live} />)
      )}
    </div>
  );
}

/** A guess of the height for as long as it is out of view and was never measured. */
function sizeOf({ user, lanes }: Step): Record<string, string | number> {
  const longest = Math.max(0, ...lanes.map((lane) => lane.answers.reduce((sum, one) => sum + one.text.length, 0)));
  const height = 190 + Math.min(500, (user?.text.length ?? 0) / 2.4) + (longest * Math.max(1, lanes.length)) / 2.6;
  return { containIntrinsicHeight: `auto ${Math.round(height)}px`, '--lanes': lanes.length };
}

function Answers({ lane, live }: { lane: Lane; live: Props['live'] }) {
  return (
    <>
      {lane.answers.map((answer, at) => (
        <Answer
          key={answer.id}
          message={answer}
          running={live.get(answer.id)}
          siblings={at ? NONE : lane.siblings}
          goesOn={at > 0}
        />
      ))}
    </>
  );
}

const NONE: string[] = [];

/** `of`: the question, where the next one may go on with this lane alone. */
function LaneView({ lane, live, of }: { lane: Lane; live: Props['live']; of: string | undefined }) {
  const last = lane.answers.at(-1);
  if (!last) return null;
  const { chosen, models } = chat.value;
  const kept = of !== undefined && models.length === 1 && chosen[keepKey(of)] === String(lane.lane);
  const keep = () => {
    keepLane(last.id);
    toField(); // where it goes on
  };
  return (
    <div
      class={kept ? 'lane kept' : 'lane'}
      data-part="lane"
      role="group"
      aria-label={nameOf(last.model, last.server).name}
    >
      <Answers lane={lane} live={live} />
      {of !== undefined && (
        <button class="small" type="button" data-do="keep" aria-pressed={kept} onClick={keep}>
          {kept && <Icon name="check" />}
          {t('conversation.keep')}
        </button>
      )}
    </div>
  );
}
