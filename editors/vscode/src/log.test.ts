import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readLine } from './log';

test('a line of the log has its level and its words', () => {
  assert.deepEqual(readLine('{"level":"warn","ts":"2026-11-23T15:00:00Z","msg":"asking for the settings","error":"no"}'), { level: 'warn', text: 'asking for the settings {"error":"no"}' });
  assert.deepEqual(readLine('{"level":"info","ts":"2026-11-23T15:00:00Z","caller":"lsp/model.go:70","msg":"model loaded"}'), { level: 'info', text: 'model loaded' });
});

test('what is no line of the log is shown as it is, as an error', () => {
  for (const line of ['panic: runtime error', 'null', '3', '["msg"]', '{"level":"info"}', '{"msg"', '']) {
    assert.deepEqual(readLine(line), { level: 'error', text: line });
  }
  assert.equal(readLine('{"level":"fatal","msg":"over"}').level, 'error');
});
