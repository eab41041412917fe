// A conversation as Markdown: who spoke is a heading, what was said stands as it was written.
import { stepsOf } from '../chat/tree';
import type { Message } from '../model/types';
import { t } from '../text';
import type { Whole } from './export';

/** Text that shall not be read as Markdown. */
const plain = (text: string): string => text.replace(/\s+/g, ' ').replace(/([\\`*_[\]<>#|~$])/g, '\\$1');

/** A fence that the text itself does not have. */
function fenced(text: string, language = ''): string {
  const longest = Math.max(2, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text.replace(/\n$/, '')}\n${fence}`;
}

export function speaker(message: Message): string {
  if (message.role === 'user') return t('share.person');
  return message.figures?.model ?? message.model ?? t('share.model');
}

function blocksOf(message: Message): string[] {
  const blocks = [`## ${plain(speaker(message))}`];
  for (const { name } of message.attachments ?? []) blocks.push(`*${t('share.attached', { name: plain(name) })}*`);
  if (message.text) blocks.push(message.text.replace(/^\n+|\s+$/g, ''));
  for (const tool of message.tools ?? []) {
    blocks.push(`**${plain(tool.name)}**`, fenced(tool.arguments, 'json'));
    if (tool.result !== undefined) blocks.push(fenced(tool.result));
  }
  if (message.problem) blocks.push(`> ${plain(message.problem.message)}`);
  return blocks;
}

/** The messages that are shown, in their order. */
export function shownOf({ chat, messages }: Whole): Message[] {
  const all = new Map(messages.map((message) => [message.id, message]));
  return stepsOf(all, chat).flatMap(({ user, lanes }) => [
    ...(user ? [user] : []),
    ...lanes.flatMap(({ answers }) => answers),
  ]);
}

export function toMarkdown(whole: Whole): string {
  const { title, system } = whole.chat;
  const blocks = [`# ${plain(title || t('share.untitled'))}`];
  if (system) blocks.push(`## ${t('share.system')}`, system.trim());
  for (const message of shownOf(whole)) blocks.push(...blocksOf(message));
  return `${blocks.join('\n\n')}\n`;
}
