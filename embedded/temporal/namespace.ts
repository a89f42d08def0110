import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';

const ALREADY_EXISTS = 6;

/** Whether a Temporal server answers at the address. */
export const answers = async (address: string): Promise<boolean> => {
  let connection: Connection | undefined;
  try {
    connection = await Connection.connect({ address, connectTimeout: 1000 });
    await connection.withDeadline(Date.now() + 1000, async () => connection?.workflowService.getSystemInfo({}));
    return true;
  } catch {
    return false;
  } finally {
    await connection?.close();
  }
};

/**
 * Registers a namespace where it is missing, and waits until every service of the server knows it.
 * @throws when it is not usable in time
 */
export const ensureNamespace = async (address: string, namespace: string, withinMs = 30_000): Promise<void> => {
  const connection = await Connection.connect({ address, connectTimeout: 5000 });
  try {
    const { workflowService } = connection;
    const usable = async (): Promise<void> => {
      await workflowService.describeNamespace({ namespace });
      await workflowService.listWorkflowExecutions({ namespace, pageSize: 1 });
      await workflowService.describeTaskQueue({ namespace, taskQueue: { name: 'couponry' } });
    };
    let registered = false;
    for (const until = Date.now() + withinMs; ; await sleep(100)) {
      try {
        return await usable();
      } catch (error) {
        if (Date.now() > until) throw error;
      }
      if (registered) continue;
      try {
        await workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: { seconds: (7 * 86_400) as never } });
        registered = true;
      } catch (error) {
        registered = (error as { code?: number }).code === ALREADY_EXISTS;
      }
    }
  } finally {
    await connection.close();
  }
};
