// The page as a whole: conversations at the side, one of them in the middle, what is written below it, panels above.
import { Composer } from './composer/composer';
import { Conversation } from './conversation/conversation';
import { Panels } from './shell/panels';
import { Toasts } from './shell/toasts';
import { TopBar } from './shell/topbar';
import { Sidebar } from './sidebar/sidebar';
import { useShortcuts } from './shell/shortcuts';
import { sidebarOpen } from './prefs';
import { Named } from './shell/named';
import { said } from './state';

export function App() {
  useShortcuts();
  return (
    <div class={sidebarOpen.value ? 'page with-side' : 'page'}>
      <Sidebar />
      <div class="middle">
        <TopBar />
        <Conversation />
        <Composer />
      </div>
      <Panels />
      <Toasts />
      <Named />
      <p class="unseen" role="status" aria-live="polite">
        {said.value}
      </p>
    </div>
  );
}
