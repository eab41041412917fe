// Deleting a conversation, which can be taken back as long as the word about it is shown.
import { openChat, startChat } from '../chat/actions';
import { store } from '../data/store';
import { leaveChat, showChat } from '../data/sync';
import type { Chat } from '../model/types';
import { openId, toast, type Toast } from '../state';
import { t } from '../text';

export async function removeChat(chat: Chat): Promise<void> {
  const { id } = chat;
  const kept = await store();
  const wasOpen = openId.value === id;
  if (wasOpen) startChat();
  leaveChat(id);
  let back = false;
  const said: Toast = {
    text: t('sidebar.deleted', { title: chat.title || t('sidebar.untitled') }),
    action: {
      label: t('sidebar.undo'),
      run: () => {
        back = true;
        void kept.hideChat(id, false).then(async () => {
          showChat((await kept.chat(id)) ?? chat);
          if (wasOpen && !openId.value) void openChat(id);
        });
      },
    },
  };
  toast.value = said;
  const hidden = kept.hideChat(id, true);
  let over = false;
  const end = toast.subscribe((now) => {
    if (now === said || over) return;
    over = true;
    // Its button takes the toast away before it runs.
    setTimeout(() => {
      end();
      if (!back) void hidden.then(() => kept.deleteChat(id));
    });
  });
}
