import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mover, type Place, type Span } from './heatRanges';

// Every replacement in a small text, beside a search for where the marked letter went.
test('spans go where their text goes', () => {
  const text = 'ab\ncXd\n\nef';
  const places: Place[] = text.split('\n').flatMap((line, i) => Array.from({ length: line.length + 1 }, (_, character) => ({ line: i, character })));
  const offset = (place: Place) => text.split('\n').slice(0, place.line).join('\n').length + (place.line > 0 ? 1 : 0) + place.character;
  const marked = text.indexOf('X');
  const span = spanAt(text, marked);
  let kept = 0;
  for (const [i, start] of places.entries()) {
    for (const end of places.slice(i)) {
      for (const inserted of ['', 'p', 'p\n', '\nqr', '\n\n', 's\r\nt']) {
        const after = text.slice(0, offset(start)) + inserted + text.slice(offset(end));
        const got = mover({ start, end }, inserted)(span);
        const touches = offset(start) <= marked + 1 && offset(end) >= marked;
        assert.equal(got === undefined, touches, `${JSON.stringify(after)} from ${offset(start)} to ${offset(end)}`);
        if (got) {
          kept++;
          assert.deepEqual(got, spanAt(after, after.indexOf('X')), JSON.stringify(after));
        }
      }
    }
  }
  assert.ok(kept > 100, `${kept} kept`);
});

// spanAt is the span of one letter.
function spanAt(text: string, at: number): Span {
  const before = text.slice(0, at).split('\n');
  const line = before.length - 1;
  const character = (before[line] ?? '').length;
  return { start: { line, character }, end: { line, character: character + 1 } };
}
