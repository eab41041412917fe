// A button that opens a short list of things to do. Arrows move in it, Escape and a press elsewhere close it. The list
// stands above all else (a popover), so that nothing that scrolls can cut it off.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Icon, type IconName } from './icon';

export interface MenuItem {
  label: string;
  icon?: IconName;
  bad?: boolean;
  checked?: boolean;
  run: () => void;
}

interface Props {
  label: string;
  icon: IconName;
  items: MenuItem[];
  up?: boolean;
  tabIndex?: number; // of the button
}

const EDGE = 8; // px that are left free at the edges of the window

/** Put a list below (or above) its button, where there is room; towards the middle of the window. */
function put(list: HTMLElement, button: HTMLElement, up: boolean): void {
  const { top, bottom, left, right } = button.getBoundingClientRect();
  const { offsetHeight: high, offsetWidth: broad } = list;
  const [above, below] = [top - 4 - high, bottom + 4];
  const wanted = up ? (above < EDGE ? below : above) : below + high > innerHeight - EDGE ? above : below;
  list.style.top = `${Math.max(EDGE, Math.min(wanted, innerHeight - high - EDGE))}px`;
  const begin = left + right < innerWidth ? left : right - broad;
  list.style.left = `${Math.max(EDGE, Math.min(begin, innerWidth - broad - EDGE))}px`;
}

export function Menu({ label, icon, items, up = false, tabIndex }: Props) {
  const [open, setOpen] = useState(false);
  const place = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const [box, at] = [list.current, button.current];
    if (!open || !box || !at) return;
    box.showPopover?.(); // an old browser shows it where it is
    const follow = () => put(box, at, up);
    follow();
    addEventListener('scroll', follow, true);
    addEventListener('resize', follow);
    return () => {
      removeEventListener('scroll', follow, true);
      removeEventListener('resize', follow);
    };
  }, [open, up]);
  useEffect(() => {
    if (!open) return;
    place.current?.querySelector<HTMLElement>('[role^=menuitem]')?.focus({ preventScroll: true });
    const leave = (event: Event) => {
      if (event.target instanceof Node && !place.current?.contains(event.target)) setOpen(false);
    };
    document.addEventListener('pointerdown', leave);
    return () => document.removeEventListener('pointerdown', leave);
  }, [open]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (!open) return;
    const all = [...(place.current?.querySelectorAll<HTMLElement>('[role^=menuitem]') ?? [])];
    const at = all.indexOf(document.activeElement as HTMLElement);
    const move = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (move !== undefined) {
      event.preventDefault();
      all[(move + all.length) % all.length]?.focus();
    } else if (event.key === 'Escape' || event.key === 'Tab') {
      if (event.key === 'Escape') event.stopPropagation();
      setOpen(false);
      button.current?.focus();
    }
  };
  return (
    <div class="menu" ref={place} onKeyDown={onKeyDown}>
      <button
        ref={button}
        class="bare"
        type="button"
        aria-label={label}
        title={label}
        tabIndex={tabIndex}
        aria-haspopup="menu"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <Icon name={icon} />
      </button>
      {open && (
        <div ref={list} class="list" popover="manual" role="menu" aria-label={label}>
          {items.map((item) => (
            <button
              key={item.label}
              class={item.bad ? 'bare bad' : 'bare'}
              type="button"
              role={item.checked === undefined ? 'menuitem' : 'menuitemcheckbox'}
              aria-checked={item.checked}
              tabIndex={-1}
              onClick={() => {
                setOpen(false);
                button.current?.focus();
                item.run();
              }}
            >
              {item.icon && <Icon name={item.icon} />}
              {item.label}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
