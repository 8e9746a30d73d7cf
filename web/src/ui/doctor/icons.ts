/** A sign for each thing that a call needs. */
import {
  AppWindow,
  BatteryMedium,
  Cable,
  Clock,
  Globe,
  HardDrive,
  Mic,
  Server,
  Upload,
  Video,
  Waypoints,
} from 'lucide-preact'
import type { LucideIcon } from 'lucide-preact'
import type { Check } from '../../model/api'

export const ICONS: Record<Check['name'], LucideIcon> = {
  link: Server,
  version: AppWindow,
  browser: Globe,
  media: Cable,
  relay: Waypoints,
  upload: Upload,
  camera: Video,
  microphone: Mic,
  storage: HardDrive,
  clock: Clock,
  battery: BatteryMedium,
}
