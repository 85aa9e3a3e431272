import type { Job, JobProgress, JobResult, JobSpec, JobState } from "./job.ts";

/** A job that a worker has, for one attempt: what it does with it later counts only as long as it still has it. */
export interface Claim {
  job: Job;
  /** The number of the attempt, from 1. */
  attempt: number;
}

export interface ListOptions {
  state?: JobState;
  limit: number;
  /** The id of the last job of the page before. */
  before?: string;
}

/**
 * Jobs, each done by one worker at a time. A worker that is not heard from for `leaseSeconds` has lost its job to the next,
 * and what it says of it from then on is not heard. An attempt that fails, or is lost, is made again after a pause, twice as
 * long each time, until there were `MOST_ATTEMPTS`; then the job has failed.
 */
export interface JobQueue {
  /** How long a worker may be silent; it should be heard from several times as often. */
  readonly leaseSeconds: number;
  /**
   * Files a job.
   *
   * @param key a name under which it is filed once: filing it again gives the job that is there, whatever became of it
   */
  file(spec: JobSpec, key?: string): Promise<Job>;
  /** Takes the job that has been due for the longest time, if there is one. */
  claim(worker: string): Promise<Claim | undefined>;
  /**
   * Says that the worker lives, and how far it is.
   *
   * @returns false if the job is no longer its own: it was cancelled, or given to another
   */
  heartbeat(claim: Claim, progress?: JobProgress): Promise<boolean>;
  /**
   * Ends a job well, and files the jobs that follow, all or nothing.
   *
   * @returns false if the job is no longer the worker's
   */
  complete(claim: Claim, result: JobResult, next?: JobSpec[]): Promise<boolean>;
  /**
   * Ends an attempt that failed.
   *
   * @param again whether another attempt could end otherwise
   * @returns false if the job is no longer the worker's
   */
  fail(claim: Claim, error: string, again: boolean): Promise<boolean>;
  /** Ends a job that has not ended, also one that is running; undefined if there is none of that id. */
  cancel(id: string): Promise<Job | undefined>;
  /** Forgets a job, and has its worker lose it. */
  remove(id: string): Promise<void>;
  /** Has a job that failed tried again. */
  retry(id: string): Promise<Job | undefined>;
  get(id: string): Promise<Job | undefined>;
  /** The newest first. */
  list(options: ListOptions): Promise<Job[]>;
  close(): Promise<void>;
}

/** How often a job is begun before it has failed. */
export const MOST_ATTEMPTS = 5;

/** The longest pause between two attempts. */
export const LONGEST_PAUSE_SECONDS = 3600;

export interface QueueTimes {
  leaseSeconds: number;
  /** The pause after the first attempt. */
  pauseSeconds: number;
}
export const QUEUE_TIMES: QueueTimes = { leaseSeconds: 60, pauseSeconds: 30 };

/** Why an attempt ended of which nobody said anything. */
export const LOST = "the worker was not heard from";
