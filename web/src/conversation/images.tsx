// Images that a model made. Only bytes that came with the answer are shown; nothing is fetched.
import { t } from '../text';
import './more.css';

const SAFE = /^data:image\/(png|jpe?g|gif|webp|avif)[;,]/;

export default function Images({ images }: { images: readonly string[] }) {
  return (
    <div class="images" data-part="images">
      {images.map((url, at) => {
        const type = SAFE.exec(url)?.[1];
        const name = t('conversation.image', { number: at + 1 });
        if (!type) return <span class="chip">{t('conversation.image_refused')}</span>;
        return (
          <a key={at} href={url} download={`image-${at + 1}.${type}`} title={t('conversation.download')}>
            <img src={url} alt={name} loading="lazy" />
          </a>
        );
      })}
    </div>
  );
}
