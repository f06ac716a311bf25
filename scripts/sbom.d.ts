/** A bill of materials, as far as it is looked at. */
export interface Bill {
  metadata: { component: { 'bom-ref': string } }
  components: { 'bom-ref': string }[]
}
export function wholeBill(): Bill
export function billOf(name: string, whole: Bill): Bill
