// Between the page and the worker: calls with numbers, answered in any order, with progress between.
import type { FailureCode } from './failure';
import type { Service } from './service';
import type { Progress } from './types';

type Methods = Pick<
    Service,
    {
        [K in keyof Service]: Service[K] extends (...args: never[]) => unknown ? K : never;
    }[keyof Service]
>;
export type Method = keyof Methods;
export type Input<M extends Method> = Parameters<Methods[M]>[0];
export type Output<M extends Method> = ReturnType<Methods[M]>;

export interface Call<M extends Method = Method> {
    call: number;
    method: M;
    input: Input<M>;
}

export type Answer =
    | { call: number; kind: 'result'; result: unknown }
    | { call: number; kind: 'progress'; progress: Progress }
    | {
          call: number;
          kind: 'failure';
          code: FailureCode;
          text: string;
          holder: string | null;
          segment: number | null;
      };
