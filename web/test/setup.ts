// Every test has all English words, as the page has them once its late parts are there.
import { learn } from '../src/text';

const files = import.meta.glob<Record<string, string>>('../src/text/en/*_late.json', {
  eager: true,
  import: 'default',
});
for (const words of Object.values(files)) learn(words);
