import { EventEmitter } from 'node:events';
import type { Clock, Logger } from './types';

export interface Job<T = unknown> {
  readonly id: string;
  payload: T;
  attempts: number;
  runAt?: Date;
}

export type Handler<T> = (job: Job<T>, signal: AbortSignal) => Promise<void>;

const DEFAULTS = { concurrency: 4, maxAttempts: 5, backoff: 250 } as const;

/** A queue that keeps its promises: at most `concurrency` of them at once. */
export class Queue<T extends object> extends EventEmitter {
  private readonly waiting: Job<T>[] = [];
  private running = new Map<string, AbortController>();
  #closed = false;

  constructor(private handler: Handler<T>, private log: Logger, private clock: Clock, private options = { ...DEFAULTS }) {
    super();
  }

  push(payload: T, delayMs = 0): Job<T> {
    if (this.#closed) throw new Error(`queue is closed; can't push ${JSON.stringify(payload)}`);
    const job: Job<T> = { id: crypto.randomUUID(), payload, attempts: 0 };
    if (delayMs > 0) job.runAt = new Date(this.clock.now() + delayMs);
    this.waiting.push(job);
    void this.drain();
    return job;
  }

  private async drain(): Promise<void> {
    while (this.waiting.length > 0 && this.running.size < this.options.concurrency) {
      const job = this.waiting.shift()!;
      const controller = new AbortController();
      this.running.set(job.id, controller);
      try {
        await this.handler(job, controller.signal);
        this.emit('done', job);
      } catch (err: unknown) {
        job.attempts++;
        const wait = this.options.backoff * 2 ** job.attempts;
        this.log.warn?.(`job ${job.id} failed`, err instanceof Error ? err.message : err);
        if (job.attempts < this.options.maxAttempts) setTimeout(() => this.waiting.push(job), wait);
      } finally {
        this.running.delete(job.id);
      }
    }
  }

  close = (): boolean => (this.#closed ||= true);
}

export enum Level { Low = 1 << 0, High = 1 << 1 }
export function assertNever(x: never): never { throw new TypeError(`unexpected ${x as any}`); }
