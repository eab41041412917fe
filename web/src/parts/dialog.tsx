// A dialog: opened by being shown, closed by Escape, its button, or a press beside it. Focus goes back where it was.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { t } from '../text';
import { Icon } from './icon';

interface Props {
  title: string;
  kind?: 'side' | 'wide';
  onClose: () => void;
  children: ComponentChildren;
}

export function Dialog({ title, kind, onClose, children }: Props) {
  const place = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    const dialog = place.current;
    if (dialog && !dialog.open) dialog.showModal();
    return () => {
      if (dialog?.open) dialog.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={place}
      class={kind && `at-${kind}`}
      aria-label={title}
      onCancel={(event) => (event.preventDefault(), onClose())}
      onPointerDown={(event) => event.target === place.current && onClose()}
    >
      <header>
        <h2>{title}</h2>
        <button class="bare" type="button" aria-label={t('shell.close')} onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <div class="content">{children}</div>
    </dialog>
  );
}
