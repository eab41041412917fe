// What a screen reader hears of answers: whole sentences, at most every five seconds, and how it ended.
import { effect } from '@preact/signals';
import { plainText } from '../markdown/view';
import type { Message } from '../model/types';
import { live, messages, type Live } from '../state';
import { t } from '../text';
import { nameOf } from './names';
import { say } from './say';

const PAUSE = 5000;
const FENCE = /\s*(```+|~~~+)[^\n]*\n/y;
// The end of a sentence, of a paragraph, of a line of a list, or of what stands before a block of code.
const END = /[.!?…]["'”’»)\]*_]*(?=\s)|[。！？]|\n\s*\n|\n(?=\s*(?:[-*+] |\d+[.)] |```|~~~))/g;

/** The next finished sentences from a place in the Markdown; code is passed over. Always moves on to `next`. */
export function nextSentences(text: string, from: number, most = 300): { words: string; next: number } {
  let next = from;
  let words = '';
  while (next < text.length) {
    FENCE.lastIndex = next;
    const fence = FENCE.exec(text);
    if (fence) {
      const close = text.indexOf(`\n${fence[1]}`, next + fence[0].length - 1);
      if (close < 0) break;
      next = close + 1 + (fence[1]?.length ?? 0);
      continue;
    }
    END.lastIndex = next;
    const end = END.exec(text);
    if (!end) break;
    const after = end.index + end[0].length;
    const piece = plainText(text.slice(next, after)).replace(/\s+/g, ' ').trim();
    if (words && words.length + piece.length >= most) break;
    words = `${words} ${piece.slice(0, most)}`.trim();
    next = after;
  }
  return { words, next };
}

function ending({ status, model, server }: Message): string {
  if (status === 'error') return t('conversation.said_failed', { model: nameOf(model, server).name });
  return t(`conversation.said_${status === 'stopped' || status === 'cut' ? status : 'done'}`);
}

/** Tells what goes on in the open conversation until the returned function is called. */
export function tellAnswers(): () => void {
  const heard = new Map<string, { answer: Live; at: number }>();
  const goOn = () => {
    const [only] = heard.values();
    if (!only || heard.size > 1) return; // several at once would be a muddle
    const { words, next } = nextSentences(only.answer.text, only.at);
    only.at = next;
    if (words) say(words);
  };
  let timer: ReturnType<typeof setInterval> | undefined;
  const end = effect(() => {
    const running = live.value;
    const shown = messages.value;
    const begun: string[] = [];
    const ended: string[] = [];
    for (const [id] of heard) {
      const message = shown.get(id);
      if (message && running.has(id)) continue;
      heard.delete(id);
      if (message) ended.push(ending(message));
    }
    for (const [id, answer] of running) {
      const message = shown.get(id);
      if (!message || heard.has(id)) continue;
      heard.set(id, { answer, at: answer.text.length });
      begun.push(nameOf(message.model, message.server).name);
    }
    if (ended.length) say([...new Set(ended)].join(' '));
    const key = begun.length > 1 ? 'conversation.said_begun_all' : 'conversation.said_begun';
    if (begun.length) say(t(key, { model: begun.join(', ') }));
    if (!heard.size) timer = void clearInterval(timer);
    else timer ??= setInterval(goOn, PAUSE);
  });
  return () => {
    end();
    clearInterval(timer);
  };
}
