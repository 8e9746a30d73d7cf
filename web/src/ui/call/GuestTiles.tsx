/** The devices that take part in a call (WHIP, WHEP), as small pictures beside the two people. */
import type { Member } from '../../contract'
import { useModel } from '../model'
import { Tile } from './Tile'

export function GuestTiles(props: {
  guests: Member[]
  large: Member | undefined
  onPick: (id: string) => void
}) {
  const remote = useModel().remote.value
  return (
    <>
      {props.guests
        .filter((guest) => guest !== props.large)
        .map((guest) => (
          <Tile
            key={guest.person.id}
            member={guest}
            silent={!remote.get(guest.person.id)?.camera}
            onPick={() => props.onPick(guest.person.id)}
          />
        ))}
    </>
  )
}
