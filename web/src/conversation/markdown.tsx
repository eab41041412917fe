// The text of an answer or of its reasoning. What is shown while it grows stays when it is finished.
import { useLayoutEffect, useRef } from 'preact/hooks';
import { markdownView } from '../markdown/view';
import { gateway, type Live } from '../state';
import { t } from '../text';
import '../css/markdown.css';

interface Props {
  of: 'text' | 'reasoning';
  text: string;
  running: Live | undefined;
}

function hear(running: Live, of: Props['of'], take: (added: string) => void): () => void {
  return of === 'text' ? running.onText(take) : running.onReasoning(take);
}

export function Markdown({ of, text, running }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const made = useRef<ReturnType<typeof markdownView>>();
  useLayoutEffect(() => {
    const whole = running ? running[of] : text;
    let view = made.current;
    if (!view || !whole.startsWith(view.text)) {
      const remoteImages = () => gateway.peek().remote_images;
      view = made.current = markdownView(running ? { remoteImages } : { text: whole, remoteImages });
      place.current?.replaceChildren(view.element);
    }
    const shown = view;
    shown.append(whole.slice(shown.text.length));
    if (running) return hear(running, of, (added) => shown.append(added));
    shown.finish();
  }, [running, running ? '' : text]);
  const part = of === 'text' ? 'text' : undefined;
  return <div ref={place} class="written" data-part={part} hidden={!running && !text} />;
}

/** The same without Markdown: for what is JSON. */
export function AsWritten({ text, running }: Omit<Props, 'of'>) {
  const place = useRef<HTMLPreElement>(null);
  useLayoutEffect(() => {
    const pre = place.current;
    if (!pre) return;
    pre.textContent = running ? running.text : text;
    return running?.onText((added) => pre.append(added));
  }, [running, running ? '' : text]);
  const name = t('conversation.as_written');
  return <pre ref={place} class="raw" data-part="text" role="group" tabIndex={0} aria-label={name} />;
}
