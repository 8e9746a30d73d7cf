/** A bell on the pass with an amber lamp; never recoloured, so it comes as a picture. */
export function Logo(props: { size?: number }) {
  const size = props.size ?? 36
  return <img class="logo" src="/icons/logo.svg" width={size} height={size} alt="" />
}
