// What stands below a message: what can be done with it, and what it cost.
import type { Message } from '../model/types';
import { AnswerButtons, QuestionButtons } from './buttons';
import { Figures } from './figures';
import { keepFocus } from './focus';
import './more.css';

keepFocus();

export default function Foot({ message, siblings }: { message: Message; siblings: readonly string[] }) {
  if (message.role === 'user') return <QuestionButtons message={message} siblings={siblings} />;
  return (
    <>
      <AnswerButtons message={message} siblings={siblings} />
      <Figures message={message} />
    </>
  );
}
