// How a model came to its answer: a fold that says how long it took. Nothing of it is built before it is opened.
import { useRef, useState } from 'preact/hooks';
import type { Message } from '../model/types';
import { Icon } from '../parts/icon';
import type { Live } from '../state';
import { number, t } from '../text';
import { Markdown } from './markdown';
import { firstSeen, useSeconds } from './seconds';

export function Reasoning({ message, running }: { message: Message; running: Live | undefined }) {
  const [open, setOpen] = useState(false);
  const spent = useRef(0);
  const thinking = running?.phase.value === 'reasoning';
  const counted = useSeconds(running && thinking ? firstSeen(running.phase) : undefined);
  if (thinking) spent.current = counted;
  if (!thinking && !running?.reasoning && !message.reasoning) return null;
  const seconds = Math.round(thinking ? counted : (message.thought ?? spent.current));
  const key = thinking ? 'conversation.thinking' : seconds ? 'conversation.thought' : 'conversation.thought_short';
  return (
    <details class="fold reasoning" data-part="reasoning" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <Icon name="thought" />
        {t(key, { seconds: number(seconds) })}
        <Icon name="down" />
      </summary>
      {open && (
        <div class="inside">
          <Markdown of="reasoning" text={message.reasoning ?? ''} running={running} />
        </div>
      )}
    </details>
  );
}
