// A part whose code is loaded when it is first shown. A load that fails is said, and can be tried again.
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { moreWords, t } from '../text';

type Load<P> = () => Promise<{ default: ComponentType<P> }>;

const loaded = new Map<unknown, ComponentType<never>>();

/** `load` must be the same function each time (of the module, not of the render). */
export function Lazy<P extends object>({ load, props }: { load: Load<P>; props: P }) {
  const [trouble, setTrouble] = useState(false);
  const [, setDone] = useState(0);
  const Part = loaded.get(load) as ComponentType<P> | undefined;
  useEffect(() => {
    if (Part || trouble) return;
    let here = true;
    Promise.all([load(), moreWords()]).then(
      ([module]) => {
        loaded.set(load, module.default as ComponentType<never>);
        if (here) setDone(1);
      },
      () => here && setTrouble(true),
    );
    return () => void (here = false);
  }, [load, trouble]);
  if (Part) return <Part {...props} />;
  return trouble ? (
    <p class="note bad">
      {t('shell.part_failed')}{' '}
      <button type="button" onClick={() => setTrouble(false)}>
        {t('shell.again')}
      </button>
    </p>
  ) : null;
}
