// Lists of models come from strangers: what is no model is left out, and nothing throws.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstOf, loadModels, modelsIn } from '../src/chat/models';
import { favourites, otherServers, recents, setKey } from '../src/prefs';
import { models, modelTrouble } from '../src/state';
import { server, usePage } from './chat_page';
import { json } from './chat_server';

usePage();

describe('a list of models', () => {
  it('is read as the gateway and OpenRouter tell it', () => {
    const entry = {
      id: 'or/x/y',
      name: 'X: Y',
      description: 'Good.',
      context_length: 9,
      pricing: {
        prompt: '0.00000015',
        completion: '-1',
      },
      architecture: {
        input_modalities: ['text', 'image'],
        output_modalities: ['text'],
      },
      supported_parameters: ['tools', 'seed'],
      franca: { server: 'or', context_length: 8, supports: ['tools', 'reasoning'] },
    };
    expect(modelsIn({ data: [entry, { id: 'alias', franca: { alias: true } }] })).toEqual([
      { id: 'alias', name: 'alias', server: '', reads: ['text'], supports: [] },
      {
        id: 'or/x/y',
        name: 'X: Y',
        server: 'or',
        context: 8,
        promptPrice: 0.15,
        reads: ['text', 'image'],
        supports: ['tools', 'reasoning', 'seed'],
        about: 'Good.',
      },
    ]);
    expect(modelsIn([{ id: 'a', franca: { modalities: { input: ['text', 'audio'] } } }])?.[0]?.reads).toEqual([
      'text',
      'audio',
    ]);
  });
  it('may hold anything', () => {
    const word = fc.constantFrom(
      'id',
      'name',
      'pricing',
      'prompt',
      'franca',
      'supports',
      'modalities',
      'architecture',
      'description',
    );
    const wild = fc.letrec((tie) => ({
      any: fc.oneof({ maxDepth: 4 }, fc.jsonValue(), fc.array(tie('any')), fc.dictionary(word, tie('any'))),
    })).any;
    fc.assert(
      fc.property(
        fc.oneof(
          wild,
          wild.map((data) => ({ data })),
          fc.array(wild),
        ),
        (value) => {
          for (const { id, name, supports, reads } of modelsIn(value) ?? []) {
            expect([typeof id, typeof name]).toEqual(['string', 'string']);
            expect([...supports, ...reads].every((one) => typeof one === 'string')).toBe(true);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
  it('is sorted, without doubles, and bounded', () => {
    const ids = (value: unknown) => modelsIn(value)?.map(({ id }) => id);
    expect(ids([{ id: 'm10' }, { id: 'm9' }, { id: 'M9' }, { id: 'm9', name: 'again' }])).toEqual(['m9', 'M9', 'm10']);
    expect(ids(Array.from({ length: 6000 }, (_, at) => ({ id: `m${at}` })))).toHaveLength(5000);
    expect(ids([{ id: 'x'.repeat(600) }, { id: '' }, { id: 7 }, null])).toEqual([]);
    expect(modelsIn('no list')).toBeNull();
  });
});

it('the first model is one that was liked, then one that was used, then one that writes text', () => {
  const list =
    modelsIn([
      { id: 'a-embedding' },
      {
        id: 'b',
        architecture: { output_modalities: ['image'] },
      },
      { id: 'c', type: 'moderation' },
      { id: 'd' },
      { id: 'e' },
      { id: 'f' },
    ]) ?? [];
  expect(firstOf(list)).toBe('d');
  recents.value = ['gone', 'f'];
  expect(firstOf(list)).toBe('f');
  favourites.value = ['gone', 'e'];
  expect(firstOf(list)).toBe('e');
  expect(firstOf(list.slice(0, 1))).toBe('a-embedding');
  expect(firstOf([])).toBeUndefined();
});

describe('asking for the models', () => {
  it('of another server goes through the gateway, with the key of each', async () => {
    otherServers.value = [{ id: 's1', name: 'S', url: 'https://s.example/v1' }];
    setKey('', 'gate', false);
    setKey('s1', 'other', false);
    server.on('GET', '/v1/models', json(200, { data: [{ id: 'x' }] }));
    await loadModels('s1');
    expect(models.value.s1?.map(({ id }) => id)).toEqual(['x']);
    expect(server.of('GET', '/v1/models')[0]?.headers).toMatchObject({
      authorization: 'Bearer gate',
      'x-franca-base-url': 'https://s.example/v1',
      'x-franca-api-key': 'other',
    });
    otherServers.value = [];
    await loadModels('s1');
    expect(modelTrouble.value.s1).toBeTruthy();
  });
  it('tells what is wrong, keeps the list that was there, and forgets the trouble when it is over', async () => {
    server.on('GET', '/v1/models', json(200, { data: [{ id: 'x' }] }));
    await loadModels();
    for (const [play, words] of [
      [json(401, { error: { message: 'who?' } }), 'who?'],
      [json(200, { data: 7 }), 'list'],
    ] as const) {
      server.on('GET', '/v1/models', play);
      await loadModels();
      expect(modelTrouble.value['']).toContain(words);
      expect(models.value['']).toHaveLength(1);
    }
    server.on('GET', '/v1/models', json(200, { data: [] }));
    await loadModels();
    expect(modelTrouble.value).toEqual({});
    expect(models.value['']).toEqual([]);
  });
});
