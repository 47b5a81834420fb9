module troupe.peers/sup

go 1.24

replace troupe.peers/channels => ../go

require troupe.peers/channels v0.0.0
