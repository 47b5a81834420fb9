module troupe.peers/channels

go 1.22
