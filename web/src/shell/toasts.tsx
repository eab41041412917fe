// A word that goes away by itself; it stays while the pointer or the focus is on it.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon } from '../parts/icon';
import { toast } from '../state';
import { t } from '../text';

const SHOWN = 8000; // ms: long enough to read it and to reach its button

export function Toasts() {
  const shown = toast.value;
  const [held, setHeld] = useState(false);
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => setHeld(false), [shown]);
  useEffect(() => {
    if (!shown || held) return;
    const timer = setTimeout(() => toast.peek() === shown && (toast.value = null), SHOWN);
    return () => clearTimeout(timer);
  }, [shown, held]);
  useEffect(() => {
    const leave = (event: Event) => {
      if (event.type === 'pointerleave' || !place.current?.contains((event as FocusEvent).relatedTarget as Node)) setHeld(false);
    };
    const hold = () => setHeld(true);
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
  return (
    <div ref={place} class="toasts" role="status" aria-live="polite" data-part="toast">
      {shown && (
        <div class={shown.bad ? 'toast bad' : 'toast'}>
          <span class="grow">{shown.text}</span>
          {shown.action && (
            <button
              type="button"
              onClick={() => {
                toast.value = null;
                shown.action?.run();
              }}
            >
              {shown.action.label}
            </button>
          )}
          <button class="bare" type="button" aria-label={t('shell.close')} onClick={() => (toast.value = null)}>
            <Icon name="close" />
          </button>
        </div>
      )}
    </div>
  );
}
