import { describeInstalled } from '../describe-installed.ts'

describeInstalled('npm')
