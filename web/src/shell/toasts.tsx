// A word that goes away by itself; it stays while the pointer or the focus is on it. What can be taken back stays
// longer, and Ctrl+Z does it from anywhere but a field with text.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon } from '../parts/icon';
import { toast } from '../state';
import { t } from '../text';

const SHOWN = 8000; // ms: long enough to read it
const SHOWN_ACTION = 15_000; // and to reach its button

export function Toasts() {
  const shown = toast.value;
  const [held, setHeld] = useState(false);
  const place = useRef<HTMLDivElement>(null);
  const before = useRef<HTMLElement | null>(null); // where the focus came from
  useEffect(() => setHeld(false), [shown]);
  useEffect(() => {
    if (!shown || held) return;
    const time = shown.action ? SHOWN_ACTION : SHOWN;
    const timer = setTimeout(() => toast.peek() === shown && (toast.value = null), time);
    return () => clearTimeout(timer);
  }, [shown, held]);
  useEffect(() => {
    const leave = (event: Event) => {
      if (event.type === 'pointerleave' || !place.current?.contains((event as FocusEvent).relatedTarget as Node))
        setHeld(false);
    };
    const hold = (event: Event) => {
      const from = event.type === 'focusin' ? (event as FocusEvent).relatedTarget : null;
      if (from instanceof HTMLElement && !place.current?.contains(from)) before.current = from;
      setHeld(true);
    };
    const node = place.current;
    node?.addEventListener('focusin', hold);
    node?.addEventListener('focusout', leave);
    node?.addEventListener('pointerenter', hold);
    node?.addEventListener('pointerleave', leave);
    return () => {
      node?.removeEventListener('focusin', hold);
      node?.removeEventListener('focusout', leave);
      node?.removeEventListener('pointerenter', hold);
      node?.removeEventListener('pointerleave', leave);
    };
  }, []);
  const end = (run?: () => void) => {
    toast.value = null;
    if (before.current?.isConnected) before.current.focus();
    before.current = null;
    run?.();
  };
  return (
    <div ref={place} class="toasts" role="status" aria-live="polite" data-part="toast">
      {shown && (
        <div class={shown.bad ? 'toast bad' : 'toast'}>
          <span class="grow">{shown.text}</span>
          {shown.action && (
            <button type="button" onClick={() => end(shown.action?.run)}>
              {shown.action.label}
            </button>
          )}
          <button class="bare" type="button" aria-label={t('shell.close')} onClick={() => end()}>
            <Icon name="close" />
          </button>
        </div>
      )}
    </div>
  );
}
