// The dialog or drawer that is open, if one is. Each is loaded when it is first wanted.
import { panel } from '../state';
import { Lazy } from './lazy';

const loads = {
  settings: () => import('../settings/settings'),
  servers: () => import('../settings/settings'),
  help: () => import('./help'),
  models: () => import('../models/picker'),
  params: () => import('../composer/params'),
  shape: () => import('../composer/shape'),
  share: () => import('../share/panel'),
};
const loadRaw = () => import('../conversation/raw');

export function Panels() {
  const open = panel.value;
  if (!open) return null;
  if (open.name === 'raw') return <Lazy key={open.of} load={loadRaw} props={{}} />;
  return <Lazy key={open.name} load={loads[open.name]} props={{}} />;
}
