// The title of the browser's tab: which conversation this is, whether an answer is being written, and whether one came
// while nobody looked.
import { useEffect, useRef } from 'preact/hooks';
import { chat, live } from '../state';

const own = document.title; // as the operator calls the page

export function Named() {
  const before = useRef(false);
  const came = useRef(false);
  const running = live.value.size > 0;
  const { title } = chat.value;
  useEffect(() => {
    const say = () => {
      if (!document.hidden) came.current = false;
      const sign = running ? '… ' : came.current ? '✓ ' : '';
      document.title = sign + (title ? `${title} – ${own}` : own);
    };
    came.current ||= before.current && !running;
    before.current = running;
    say();
    document.addEventListener('visibilitychange', say);
    return () => document.removeEventListener('visibilitychange', say);
  }, [running, title]);
  return null;
}
