import { randomBytes } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { inject } from 'vitest';
import { type TaskQueues, taskQueues } from '../../workflows/contracts.ts';

export const temporalAddress = (): string => inject('temporalAddress');

export interface TestTemporal {
  connection: Connection;
  client: Client;
  /** For Workers. */
  nativeConnection: NativeConnection;
  namespace: string;
  /** Queues that no other test file uses. */
  taskQueues: TaskQueues;
  close: () => Promise<void>;
}

/** Connects to the run's Temporal server, with task queues of its own. Close it after the Workers have stopped. */
export const connectTemporal = async (): Promise<TestTemporal> => {
  const address = temporalAddress();
  const namespace = 'default';
  const connection = await Connection.connect({ address });
  const nativeConnection = await NativeConnection.connect({ address });
  return {
    connection,
    client: new Client({ connection, namespace }),
    nativeConnection,
    namespace,
    taskQueues: taskQueues(`test-${randomBytes(6).toString('hex')}`),
    close: async () => {
      await nativeConnection.close();
      await connection.close();
    },
  };
};
