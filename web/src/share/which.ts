// Which conversation the share panel is about; "" is the open one.
import { signal } from '@preact/signals';

export const sharing = signal('');
