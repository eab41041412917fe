// What shows messages, with all that reads their Markdown: loaded with the first of them, or when one is being written.
import { signal } from '@preact/signals';
import type { StepView } from './step';
import { toast } from '../state';
import { t } from '../text';

export const stepView = signal<typeof StepView | undefined>(undefined);

let loading: Promise<void> | undefined;

/** Load it, once; a load that failed is told, and can be tried again. */
export function loadSteps(): Promise<void> {
  loading ??= import('./step').then(
    ({ StepView }) => {
      stepView.value = StepView;
    },
    () => {
      loading = undefined;
      const action = { label: t('shell.again'), run: () => void loadSteps() };
      toast.value = { text: t('shell.part_failed'), bad: true, action };
    },
  );
  return loading;
}
