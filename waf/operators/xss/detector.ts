/** stub replaced below */
export function findCrossSiteScripting(_value: string): string | undefined {
  return undefined;
}
