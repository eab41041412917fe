// What was attached to a question: pictures, sounds, files, out of the store of the browser.
import { useEffect, useState } from 'preact/hooks';
import { store } from '../data/store';
import type { Attachment } from '../model/types';
import { Icon } from '../parts/icon';
import { number, t } from '../text';
import './more.css';

export default function Attached({ attachments }: { attachments: readonly Attachment[] }) {
  return (
    <div class="attached" data-part="attachments">
      {attachments.map((one) => (
        <One key={one.id} attachment={one} />
      ))}
    </div>
  );
}

/** The address of stored bytes for as long as they are shown; null if they are not there (any more). */
function useBytes(id: string): string | null | undefined {
  const [url, setUrl] = useState<string | null>();
  useEffect(() => {
    let made = '';
    let here = true;
    const take = (data: Blob | undefined) => {
      if (here) setUrl(data ? (made = URL.createObjectURL(data)) : null);
    };
    store()
      .then((found) => found.blob(id))
      .then(take, () => take(undefined));
    return () => {
      here = false;
      if (made) URL.revokeObjectURL(made);
    };
  }, [id]);
  return url;
}

function sizeInWords(bytes: number): string {
  const power = bytes < 1e3 ? 0 : bytes < 1e6 ? 1 : 2;
  const size = bytes / 1e3 ** power;
  const unit = ['byte', 'kilobyte', 'megabyte'][power];
  return number(size, { style: 'unit', unit, maximumFractionDigits: size < 10 ? 1 : 0 });
}

/** A file is only ever saved, never opened in the page: what is in it might be a page of its own. */
function One({ attachment }: { attachment: Attachment }) {
  const { kind, name, id, size } = attachment;
  const url = useBytes(id);
  const title = `${name} · ${sizeInWords(size)}`;
  if (url && kind === 'image') {
    return (
      <a href={url} download={name} title={title}>
        <img src={url} alt={name} />
      </a>
    );
  }
  if (url && kind === 'audio') {
    return <audio controls src={url} aria-label={name} title={title} />;
  }
  return (
    <a class="chip" href={url ?? undefined} download={name} title={title}>
      <Icon name={url === null ? 'warn' : 'file'} />
      <span class="cut">{name}</span>
      {url === null ? t('conversation.gone') : sizeInWords(size)}
    </a>
  );
}
