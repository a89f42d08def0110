import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';

const DEADLOCK = '40P01';
const SERIALIZATION_FAILURE = '40001';
const ATTEMPTS = 5;

/** True where Postgres took the transaction back for the sake of another one: the same again will do. */
export const isRetryable = (error: unknown): boolean =>
  error instanceof postgres.PostgresError && (error.code === DEADLOCK || error.code === SERIALIZATION_FAILURE);

/** Runs a whole transaction, again where it met a deadlock or could not be serialized. */
export const withRetries = async <T>(transaction: () => Promise<T>): Promise<T> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await transaction();
    } catch (error) {
      if (!isRetryable(error) || attempt === ATTEMPTS) throw error;
      await sleep(attempt * 5);
    }
  }
};
