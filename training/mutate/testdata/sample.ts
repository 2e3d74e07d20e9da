// A queue of jobs, for tests of mutations: object keys, members, booleans and strict comparisons.

interface Job {
  name: string;
  attempts: number;
  done: boolean;
}

export class Queue {
  private jobs: Job[] = [];
  private running = false;

  constructor(private readonly limit: number, private readonly delay: number) {}

  add(name: string, urgent = false): Job {
    const job = { name: name, attempts: 0, done: false };
    if (urgent && this.jobs.length !== 0) {
      this.jobs.unshift(job);
    } else {
      this.jobs.push(job);
    }
    schedule(job, this.delay);
    return job;
  }

  run(work: (job: Job, attempt: number) => boolean): number {
    let finished = 0;
    this.running = true;
    for (const job of this.jobs) {
      while (!job.done && job.attempts < this.limit) {
        const attempt = job.attempts + 1;
        job.attempts = attempt;
        job.done = work(job, attempt);
      }
      if (job.done === true) {
        finished += 1;
      }
    }
    this.running = false;
    return finished;
  }

  report(width: number, height: number): { open: number; closed: number } {
    const open = this.jobs.filter((job) => job.done === false).length;
    const closed = this.jobs.length - open;
    draw(width, height);
    return { open: open, closed: closed };
  }
}

function schedule(job: Job, delay: number): void {
  setTimeout(() => console.log(job.name, delay), delay * 1000);
}

function draw(width: number, height: number): void {
  console.log(width >= height ? width : height);
}
