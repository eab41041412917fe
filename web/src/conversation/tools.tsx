// The tools that a model wants to use: with what, and what came of it. A result can be given by hand.
import { useState } from 'preact/hooks';
import { giveResults } from '../chat/actions';
import { toField } from '../composer/touch';
import type { Message, ToolCall } from '../model/types';
import { Icon } from '../parts/icon';
import { t } from '../text';
import { pretty } from './pretty';
import './more.css';

export default function Tools({ message }: { message: Message }) {
  const [given, setGiven] = useState<Record<string, string>>({});
  const { tools = [], status, id } = message;
  const open = status === 'running' ? [] : tools.filter((call) => call.result === undefined);
  const send = (event: Event) => {
    event.preventDefault();
    void giveResults(id, Object.fromEntries(open.map((call) => [call.id, given[call.id] ?? ''])));
    toField(); // what was filled in goes away
  };
  return (
    <form class="calls" data-part="tools" onSubmit={send}>
      {tools.map((call) => (
        <div class="call" key={call.id}>
          <Call call={call} />
          {open.includes(call) && (
            <label class="field">
              {t('conversation.tool_paste')}
              <textarea
                rows={3}
                value={given[call.id] ?? ''}
                onInput={(event) => setGiven({ ...given, [call.id]: event.currentTarget.value })}
              />
            </label>
          )}
        </div>
      ))}
      {open.length > 0 && (
        <button class="main" type="submit" disabled={!open.some((call) => given[call.id])}>
          <Icon name="send" />
          {t('conversation.tool_send')}
        </button>
      )}
    </form>
  );
}

function Call({ call }: { call: ToolCall }) {
  return (
    <>
      <p class="row">
        <Icon name="tool" />
        <code class="cut">{call.name}</code>
        <span class="soft small">
          {t(call.result === undefined ? 'conversation.tool_wanted' : 'conversation.tool_used')}
        </span>
      </p>
      {call.arguments && (
        <pre class="raw" role="group" tabIndex={0} aria-label={t('conversation.tool_arguments')}>
          {pretty(call.arguments)}
        </pre>
      )}
      {call.result !== undefined && (
        <details class="fold" open={call.result.length < 400}>
          <summary>
            {t('conversation.tool_result')}
            <Icon name="down" />
          </summary>
          <pre class="raw" role="group" tabIndex={0} aria-label={t('conversation.tool_result')}>
            {pretty(call.result)}
          </pre>
        </details>
      )}
    </>
  );
}
