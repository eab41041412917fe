// The help sheet: what the keyboard does, and where things are.
import { Dialog } from '../parts/dialog';
import { gateway, panel } from '../state';
import { t } from '../text';
import './panels.css';
import { ELSEWHERE, SHORTCUTS } from './keys';

const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

function Keys({ keys }: { keys: string }) {
  return (
    <span class="keys">
      {keys.split(/\+(?=.)/).map((key) => (
        <kbd key={key}>{key === 'Mod' ? (isMac ? '⌘' : 'Ctrl') : key === 'z' ? 'Z' : key}</kbd>
      ))}
    </span>
  );
}

export default function Help() {
  const rows: [string, string][] = [...SHORTCUTS.map((one): [string, string] => [one.keys, one.words]), ...ELSEWHERE];
  return (
    <Dialog title={t('shell.help')} onClose={() => (panel.value = null)}>
      <table class="help">
        <tbody>
          {rows.map(([keys, words]) => (
            <tr key={words}>
              <th scope="row">
                <Keys keys={keys} />
              </th>
              <td>{t(words)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p>{t('shell.help_local')}</p>
      <p class="soft small">Franca {gateway.value.version}</p>
    </Dialog>
  );
}
