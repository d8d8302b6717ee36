#!/usr/bin/perl
# Adds a scrip to a queue, with the code that comes in on standard input, as an administrator would paste it.
use strict;
use warnings;
use lib '/usr/share/request-tracker5/lib';
use RT;

RT::LoadConfig();
RT::Init();
my $queue = RT::Queue->new( RT->SystemUser );
$queue->Load( $ARGV[0] );
my $code = do { local $/; <STDIN> };
my $scrip = RT::Scrip->new( RT->SystemUser );
my ( $id, $message ) = $scrip->Create(
    Queue                  => $queue->Id,
    Description            => 'Tripline',
    ScripCondition         => 'User Defined',
    ScripAction            => 'User Defined',
    Template               => 'Blank',
    Stage                  => 'TransactionBatch',
    CustomIsApplicableCode => 'return 1;',
    CustomPrepareCode      => 'return 1;',
    CustomCommitCode       => $code,
);
die "$message\n" unless $id;
